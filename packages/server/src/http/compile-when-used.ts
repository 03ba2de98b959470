/**
 * Fastify's own compilers of schemas, each asked only when its route is first used. Compiling more than a hundred of them was a third of the
 * server's start.
 */
import openValidators from '@fastify/ajv-compiler';
import openSerializers from '@fastify/fast-json-stringify-compiler';
import type { FastifyServerOptions } from 'fastify';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
/** What a compiled schema is to Fastify: false, and its errors are at the function. */
type Validator = ((data: unknown) => unknown) & { readonly errors?: unknown };
type Serializer = (data: unknown) => string;

export function compileWhenUsed(): Compilers {
  const validators = openValidators() as unknown as (...given: unknown[]) => (route: unknown) => Validator;
  const serializers = openSerializers() as unknown as (...given: unknown[]) => (route: unknown) => Serializer;
  const buildValidator = (...given: unknown[]) => {
    const compile = validators(...given);
    return (route: unknown) => {
      const validator = once(() => compile(route));
      // Fastify takes the errors from what is returned, too.
      return (data: unknown) => (validator()(data) === false ? { error: validator().errors } : true);
    };
  };
  const buildSerializer = (...given: unknown[]) => {
    const compile = serializers(...given);
    return (route: unknown) => {
      const serializer = once(() => compile(route));
      return (data: unknown) => serializer()(data);
    };
  };
  return { buildValidator, buildSerializer } as unknown as Compilers;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
