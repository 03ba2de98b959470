/**
 * What comes before the resource in a path. `/verify`, the guard and the import of an OpenAPI document call this one function, so
 * that all of them find the same resource.
 */

/** `v1`, `v2.1`, `v1beta2`; a number alone, `2`, `1.1`; a date, `2010-04-01`, `2024-01`. */
const VERSION = /^(?:v?[0-9]+(?:\.[0-9]+)*|v[0-9]+(?:\.[0-9]+)*(?:(?:alpha|beta|rc|p)[0-9]*)+|[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)$/;

/**
 * How many of the first segments come before the resource: `api`, then a version, each once at most. `prefixLength(['api', 'v1',
 * 'invoices']) === 2`, `prefixLength(['2010-04-01', 'Accounts']) === 1`, `prefixLength(['invoices']) === 0`. Only these:
 * `/store/v1/orders` is about `store`. Case matters, as everywhere in a path.
 */
export function prefixLength(segments: readonly string[]): number {
  const afterApi = segments[0] === 'api' ? 1 : 0;
  return VERSION.test(segments[afterApi] ?? '') ? afterApi + 1 : afterApi;
}
