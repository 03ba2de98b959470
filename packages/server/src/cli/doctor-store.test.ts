import { expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { findConnectionFigures } from '../store/open.ts';
import { checkConnections } from './doctor-store.ts';

const settings = (databasePoolSize: number, workers = 1) => ({ databasePoolSize, workers });

it('compares the connections that a server may ask for with those that PostgreSQL has', async () => {
  expect(checkConnections({ max: 97, used: 5, isDirect: true }, settings(20))).toMatchObject({
    state: 'ok',
    name: 'connections',
  });
  expect(checkConnections({ max: 97, used: 5, isDirect: true }, settings(100))).toMatchObject({
    state: 'note',
    finding: 'PostgreSQL has 97 connections, 5 of them in use. Each server uses at most 102.',
    todo: expect.stringContaining('KEYHOUSE_DATABASE_POOL_SIZE'),
  });
  expect(checkConnections({ max: 97, used: 5, isDirect: true }, settings(23, 4))).toMatchObject({
    state: 'note',
    finding: 'PostgreSQL has 97 connections, 5 of them in use. Each server uses at most 100.',
    todo: expect.stringContaining('KEYHOUSE_WORKERS'),
  });
  expect(checkConnections({ max: 97, used: 5, isDirect: false }, settings(200)).finding).toContain('pooler');
  const figures = await findConnectionFigures(await postgresUrl());
  expect(figures).toEqual({ max: expect.any(Number), used: expect.any(Number), isDirect: true });
  expect(figures?.used).toBeGreaterThan(0);
  expect(figures?.max).toBeGreaterThanOrEqual(figures?.used ?? Number.NaN);
  expect(await findConnectionFigures('sqlite:/nowhere')).toBeNull();
});
