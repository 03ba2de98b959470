/** Said on the home page too, which needs no other words of credentials. */
export const lastUseWords = {
  neverUsed: 'Never',
  from: (address: string) => `from ${address}`,
  with: (client: string) => `with ${client}`,
} as const;
