/**
 * A thread that reads the script of the API reference out of its package, hands the bytes over and ends. The package holds it as megabytes of
 * program text: to parse that on the main thread would keep every other request waiting for whoever opens the page first.
 */
import { parentPort } from 'node:worker_threads';
import scalar from '@scalar/fastify-api-reference';
import Fastify from 'fastify';

const reference = Fastify();
await reference.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
const { rawPayload } = await reference.inject('/docs/js/scalar.js');
// A copy with memory of its own, which can be handed over instead of being copied once more.
const script = new Uint8Array(rawPayload);
parentPort?.postMessage(script, [script.buffer]);
