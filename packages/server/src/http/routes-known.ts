/** Remembers every route, so that a wrong method is told from a wrong path: 405 with `Allow`, or 404. */
import type { FastifyInstance } from 'fastify';

export type MethodsOf = (path: string) => readonly string[];

export function rememberRoutes(app: FastifyInstance): MethodsOf {
  const routes: { pattern: RegExp; method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    // A route that matches by an expression is a page: where nothing can be read, no other method is allowed either.
    if (url.includes('(')) return;
    const pattern = new RegExp(
      `^${url
        .replace(/[.]/g, '\\.')
        .replace(/:[a-z]+/g, '[^/]+')
        .replace(/\*$/, '.*')}$`,
    );
    for (const name of [method].flat()) routes.push({ pattern, method: name });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}
