import { join } from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // Within this repository the guard is TypeScript; what is published is not, and needs neither of these.
  transpilePackages: ['@keyhouse/guard', '@keyhouse/openapi', '@keyhouse/protocol'],
  turbopack: { root: join(import.meta.dirname, '../..') },
};

export default config;
