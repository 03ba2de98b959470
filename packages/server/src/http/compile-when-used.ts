/**
 * Fastify's own schema compilers, called only when a route is first used: compiling more than a hundred schemas would take a
 * third of the time that the server needs to start.
 */
import openValidators from '@fastify/ajv-compiler';
import openSerializers from '@fastify/fast-json-stringify-compiler';
import type { FastifyServerOptions } from 'fastify';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
/** As Fastify uses a compiled schema: it returns false, and the errors are a property of the function. */
type Validator = ((data: unknown) => unknown) & { readonly errors?: unknown };
type Serializer = (data: unknown) => string;

export function compileWhenUsed(): Compilers {
  const validators = openValidators() as unknown as (...given: unknown[]) => (route: unknown) => Validator;
  const serializers = openSerializers() as unknown as (...given: unknown[]) => (route: unknown) => Serializer;
  const buildValidator = (...given: unknown[]) => {
    const compile = validators(...given);
    return (route: unknown) => {
      const validator = once(() => compile(route));
      // Fastify also takes the errors from the returned value.
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
