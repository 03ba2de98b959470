/**
 * Protects an API: `createGuard` judges requests, and there is an adapter for each framework. Runs on Node from 20, Bun, Deno and
 * workers.
 */
export { type Caller, type CallerKind, may } from './caller.ts';
export type { Decision, RequestHead } from './decision.ts';
export { createGuard, type Guard, type GuardMetrics } from './guard.ts';
export type { Demand, GuardOptions, Patience, RouteRule } from './options.ts';
