/**
 * What a program on Node needs in addition to the main entry: a file to keep a session in, and a way to sign in from a command
 * line.
 */
export { inFile } from './file-storage.ts';
export { type LoopbackOptions, signInOnLoopback } from './loopback.ts';
