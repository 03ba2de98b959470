import { useMediaQuery } from '@mantine/hooks';

/** Whether the navigation is a menu: beside it too little would be left for a table. As in `layout.module.css`. */
export const useIsNarrow = (): boolean => useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
