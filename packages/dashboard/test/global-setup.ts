import { ensureBuild } from './build.ts';

/** Once for the whole run, before any test. */
export default function setup(): void {
  ensureBuild();
}
