/**
 * Reads OpenAPI documents into routes and permissions. Done once, by whoever sets an API up: neither the server nor a request loads it.
 * `@keyhouse/openapi/text` parses the text of a document, and alone brings the YAML library.
 */
export { type DerivedRoutes, type DeriveOptions, deriveRoutes } from './derive-routes.ts';
