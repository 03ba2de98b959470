/** A catalogue and a list of routes as a large API has them. */

/** `count` permissions: two for each of half as many resources. */
export const catalogueOf = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const resource = `area-${String(Math.floor(index / 20)).padStart(2, '0')}-thing-${Math.floor(index / 2) % 10}`;
    const isRead = index % 2 === 0;
    return {
      name: `${resource}.${isRead ? 'read' : 'write'}`,
      sentence: isRead ? `See each ${resource} of the account.` : `Change and delete each ${resource}.`,
      grantable: true,
      sensitive: false,
    };
  });

export const routesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ methods: ['GET'], pattern: `/things-${index}/:id`, resource: null, permission: 'area-01-thing-1.read' },
  }));
