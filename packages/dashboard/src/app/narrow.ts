import { useMediaQuery } from '@mantine/hooks';

/**
 * Whether the navigation is a menu: at the side it would leave too little room for a table. The same width as in
 * `layout.module.css`.
 */
export const useIsNarrow = (): boolean => useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
