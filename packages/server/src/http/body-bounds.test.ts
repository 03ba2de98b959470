import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { boundsOf } from './body-bounds.ts';
import { api } from './dashboard/api/index.ts';

const valuesOf = (schema: unknown) => boundsOf(schema).maxValues;

describe('what a body may hold', () => {
  it('is as much as its schema can need, and never less than a foreign body takes to be explained', () => {
    expect(valuesOf(undefined)).toBe(1000);
    expect(valuesOf(Type.Object({ name: Type.String() }))).toBe(1000);
    const Row = Type.Object({ name: Type.String(), list: Type.Union([Type.Array(Type.String(), { maxItems: 3 }), Type.Null()]) });
    expect(valuesOf(Type.Object({ rows: Type.Array(Row, { maxItems: 1000 }) }))).toBe(1 + 1 + 1000 * 6);
    expect(valuesOf(Type.Array(Type.Array(Type.String())))).toBe(64_000);
  });

  it('is enough for the largest body that each endpoint of the private API takes', () => {
    const largest = (schema: object): unknown => {
      const { properties, items, maxItems = 0, anyOf } = schema as Record<string, never> & { anyOf?: object[] };
      if (anyOf !== undefined) return largest(anyOf[0] ?? {});
      if (items !== undefined) return Array.from({ length: Math.min(maxItems, 1000) }, () => largest(items));
      if (properties === undefined) return 0;
      return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, largest(each as object)]));
    };
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Object.values(value).reduce((sum: number, each) => sum + count(each), 0)
        : 1;
    for (const [name, { body }] of Object.entries(api) as [string, { body?: object }][])
      if (body !== undefined) expect(count(largest(body)), name).toBeLessThanOrEqual(valuesOf(body));
  });
});
