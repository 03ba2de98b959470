/**
 * A thread that reads the script of the API reference out of its package, passes the bytes on and ends. The package has it as
 * megabytes of program text: parsing that on the main thread would make every other request wait.
 */
import { parentPort } from 'node:worker_threads';
import scalar from '@scalar/fastify-api-reference';
import Fastify from 'fastify';

const reference = Fastify();
await reference.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
const { rawPayload } = await reference.inject('/docs/js/scalar.js');
// A copy with its own memory, which can be transferred instead of being copied again.
const script = new Uint8Array(rawPayload);
parentPort?.postMessage(script, [script.buffer]);
