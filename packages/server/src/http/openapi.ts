import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

type Paths = NonNullable<NonNullable<FastifyDynamicSwaggerOptions['openapi']>['paths']>;
type Operation = NonNullable<Paths[string]>['post'];

/** The document's head; the rest is generated from the routes' schemas. */
export const openApi = (url: string): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Keyhouse',
      description:
        'Create and check personal access tokens, API keys and JWTs for your API. In a JSON body, `null` for an optional member means that the member is absent, unless the member accepts `null`.',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    tags: [
      { name: 'Personal access tokens', description: 'For personal access tokens only.' },
      { name: 'JWTs', description: 'Created from API keys.' },
      { name: 'User sessions', description: 'OAuth and OpenID Connect: a user grants an application access.' },
      { name: 'Checking credentials', description: 'For resource servers and gateways.' },
      { name: 'Health' },
    ],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A personal access token (`123|kh_…`), an API key (`kh_live_…`) or a JWT.',
        },
      },
    },
    security: [{ bearer: [] }],
  },
  transformObject: (made) => {
    if ('openapiObject' in made) for (const path of Object.values(made.openapiObject.paths ?? {})) allowNoBody(path?.post);
    return 'openapiObject' in made ? made.openapiObject : made.swaggerObject;
  },
});

/** Fastify marks every body as required; one without a required member may be left out. */
function allowNoBody(operation: Operation): void {
  const body = operation?.requestBody;
  if (body === undefined || '$ref' in body) return;
  const schemas = Object.values(body.content).map(({ schema }) => schema);
  if (schemas.every((schema) => schema !== undefined && !('required' in schema))) body.required = false;
}
