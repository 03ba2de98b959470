import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrast, shadesOf } from './accent.ts';

const colours = fc.integer({ min: 0, max: 0xffffff }).map((number) => `#${number.toString(16).padStart(6, '0')}`);

test('whatever colour an operator sets, what stands on it and what is written in it can be read, in both themes', () => {
  fc.assert(
    fc.property(colours, (accent) => {
      for (const [ground, surfaces] of [
        ['light', ['#ffffff', '#f6f7f9']],
        ['dark', ['#15171a', '#1d2024']],
      ] as const) {
        const { fill, hover, ink, text } = shadesOf(accent, ground);
        expect(contrast(fill, ink)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(hover, ink)).toBeGreaterThanOrEqual(4.5);
        for (const surface of surfaces) {
          expect(contrast(text, surface)).toBeGreaterThanOrEqual(4.5);
          expect(contrast(fill, surface)).toBeGreaterThanOrEqual(1.5);
        }
      }
    }),
  );
});

test('a colour that can be seen already is left as the operator set it', () => {
  expect(shadesOf('#3451b2', 'light')).toMatchObject({ fill: '#3451b2', ink: '#ffffff', text: '#3451b2' });
});
