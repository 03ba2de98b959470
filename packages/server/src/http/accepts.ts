/**
 * Whether a list such as that of `Accept` or `Accept-Encoding` names a value and does not exclude it with a weight of 0 (RFC 9110
 * §12.4.2). The order of preference is not considered: clients that name what only some want do want it.
 */
export function accepts(header: string | undefined, wanted: string): boolean {
  return (header ?? '').split(',').some((item) => {
    const [value = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    return value === wanted && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
