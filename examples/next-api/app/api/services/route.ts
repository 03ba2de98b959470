import { keyhouse } from '../../../keyhouse.ts';

export const GET = keyhouse.require('services.read', () => Response.json({ services: [{ name: 'Hosting', cents: 2500 }] }));
