/** Mantine in the colours and shapes of `lib/theme.css`, so that both entries look alike. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** One accent in ten steps, as Mantine wants it; the browser mixes it, so the operator's colour can change without a build. */
const mix = (share: number, other: 'white' | 'black'): string => `color-mix(in oklab, var(--kh-accent) ${share}%, ${other})`;
const accent = [
  mix(8, 'white'),
  mix(16, 'white'),
  mix(30, 'white'),
  mix(45, 'white'),
  mix(62, 'white'),
  mix(80, 'white'),
  'var(--kh-accent)',
  mix(88, 'black'),
  mix(76, 'black'),
  mix(64, 'black'),
] as unknown as MantineColorsTuple;

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
});
