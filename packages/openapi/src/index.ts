/**
 * Reads OpenAPI documents into routes and permissions. Done once, when an API is set up: neither the server nor a request loads
 * it. Only `@keyhouse/openapi/text`, which parses the text of a document, needs the YAML library.
 */
export { type DerivedRoutes, type DeriveOptions, deriveRoutes } from './derive-routes.ts';
