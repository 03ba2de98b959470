import { readConfig } from '../config.ts';
import { startServer } from '../main.ts';

const server = await startServer(readConfig());
process.once('SIGTERM', () => void server.stop());
process.once('SIGINT', () => void server.stop());
