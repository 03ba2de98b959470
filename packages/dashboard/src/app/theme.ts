/** Mantine in the colours and shapes of `lib/theme.css`, so that both entries look alike. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';
import { words } from './words.ts';

/** Mantine requires ten steps, of which `mantine.css` defines those for fills, hover and text; the browser mixes the rest. */
const mix = (share: number, other: 'white' | 'black'): string => `color-mix(in oklab, var(--kh-accent) ${share}%, ${other})`;
const accent: MantineColorsTuple = [
  mix(8, 'white'),
  mix(16, 'white'),
  mix(30, 'white'),
  mix(45, 'white'),
  mix(62, 'white'),
  mix(80, 'white'),
  'var(--kh-accent)',
  'var(--kh-accent-hover)',
  mix(76, 'black'),
  mix(64, 'black'),
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  colors: { accent },
  defaultRadius: 'md',
  fontFamily: 'var(--kh-font)',
  fontFamilyMonospace: 'var(--kh-mono)',
  headings: { fontFamily: 'var(--kh-font)', fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  // A dialog's head is a `header` element, which would be taken for the page's banner.
  components: {
    ModalHeader: { defaultProps: { role: 'none' } },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: { 'aria-label': words.showPassword, tabIndex: 0 } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': words.close } } },
    ModalCloseButton: { defaultProps: { 'aria-label': words.close } },
  },
});
