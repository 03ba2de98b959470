/**
 * The operator's accent colour, as it is used: a fill with an ink that is readable on it, and a text that is readable on the
 * ground. For every colour 4.5 : 1 is kept (WCAG 2.2 §1.4.3).
 */

const READABLE = 4.5;
/** A fill needs less: the text on it is read, not the fill. It only must be visible. */
const VISIBLE = 1.6;

/** The two grounds of `theme.css`; for each the darker or lighter one that text is on. */
const GROUNDS = { light: '#f4f5f7', dark: '#22262b' } as const;
export type Ground = keyof typeof GROUNDS;

export interface Shades {
  readonly fill: string;
  readonly hover: string;
  readonly ink: string;
  readonly text: string;
}

export function shadesOf(accent: string, ground: Ground): Shades {
  const away = ground === 'light' ? '#000000' : '#ffffff';
  const fill = mixUntil(accent, away, (colour) => contrast(colour, GROUNDS[ground]) >= VISIBLE);
  const ink = contrast(fill, '#ffffff') >= READABLE ? '#ffffff' : '#000000';
  return {
    fill,
    // Away from the ink, so that it becomes more readable, never less.
    hover: mix(fill, ink === '#ffffff' ? '#000000' : '#ffffff', 0.14),
    ink,
    // Also on a tint of itself, which marks a chosen place.
    text: mixUntil(accent, away, (colour) =>
      [GROUNDS[ground], mix(GROUNDS[ground], colour, 0.12)].every((surface) => contrast(colour, surface) >= READABLE),
    ),
  };
}

/** Set from script: the policy forbids style attributes in HTML, not the object model. */
export function applyAccent(accent: string): void {
  const { style } = document.documentElement;
  for (const ground of ['light', 'dark'] as const) {
    const shades = shadesOf(accent, ground);
    for (const [name, value] of Object.entries(shades)) style.setProperty(`--kh-accent-${name}-${ground}`, value);
  }
}

export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function mixUntil(colour: string, target: string, isEnough: (mixed: string) => boolean): string {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(colour, target, share);
    if (isEnough(mixed)) return mixed;
  }
  return target;
}

const mix = (colour: string, target: string, share: number): string => {
  const other = partsOf(target);
  const parts = partsOf(colour).map((part, at) => Math.round(part + ((other[at] ?? 0) - part) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
};

const partsOf = (hex: string): readonly number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** WCAG 2.2, relative luminance. */
const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = partsOf(hex).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
