/** The operator's accent colour, and what can be read on it. */
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

export const inkOn = (hex: string): string => (1.05 / (luminance(hex) + 0.05) >= 4.5 ? '#ffffff' : '#000000');

/** Set from script: a Content-Security-Policy forbids style attributes in HTML, not the object model. */
export function applyAccent(hex: string): void {
  document.documentElement.style.setProperty('--kh-accent', hex);
  document.documentElement.style.setProperty('--kh-accent-ink', inkOn(hex));
}
