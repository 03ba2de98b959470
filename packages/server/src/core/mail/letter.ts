/**
 * A letter is what a mail says, before it is text or HTML: both are built from it, so that they cannot differ. Facts come from
 * strangers (names of tokens, of teams, of browsers); here they lose what could break a line, hide text or turn it around.
 */

export interface Letter {
  readonly subject: string;
  /** Each a paragraph. */
  readonly says: readonly string[];
  readonly action?: { readonly label: string; readonly link: string };
  /** Where, when, with which browser. */
  readonly facts?: readonly (readonly [label: string, value: string | null])[];
  /** What to do if it was not you, and where. */
  readonly otherwise?: { readonly says: string; readonly link?: string };
}

export interface Branding {
  readonly name: string;
  /** `#rrggbb` */
  readonly accent: string;
}

const MAX_FACT = 120;

/** One line, nothing invisible, nothing that turns the reading direction around (Unicode TR36 §2.6). */
export function oneLine(text: string): string {
  const line = text
    .normalize('NFC')
    .replace(/\p{Variation_Selector}+/gu, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu, ' ')
    .trim();
  // By code points: half a pair of surrogates is not text.
  const letters = [...line];
  return letters.length > MAX_FACT ? `${letters.slice(0, MAX_FACT - 1).join('')}…` : line;
}

/**
 * A name that a stranger chose. Mail programs make links of everything that looks like an address, so a space breaks up
 * `https://…` and `example.com`, with every dot that browsers accept as one (UTS #46 §2.3). Our sentences put names between curly
 * quotation marks, so a name contains none that could end it.
 */
export function plain(text: string): string {
  return oneLine(
    oneLine(text)
      .replace(/[:：][/／]{2}/gu, ': //')
      .replace(/(?<=[\p{L}\p{M}\p{N}-])([.․。．｡])(?=[\p{L}\p{M}])/gu, '$1 ')
      .replace(/[“”„‟]/gu, '"'),
  );
}

export function textOf(letter: Letter, branding: Branding): string {
  const facts = (letter.facts ?? []).flatMap(([label, value]) => (value === null ? [] : [`${label}: ${value}`]));
  const blocks = [
    ...letter.says,
    ...(letter.action === undefined ? [] : [`${letter.action.label}:\n${letter.action.link}`]),
    ...(facts.length === 0 ? [] : [facts.join('\n')]),
    ...(letter.otherwise === undefined ? [] : [[letter.otherwise.says, letter.otherwise.link ?? ''].join(' ').trim()]),
    `-- \n${oneLine(branding.name)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** Less prominent than the rest, on light and on dark backgrounds, because it has no colour of its own. */
const QUIET = 'opacity:.75';

/** Mail programs know little CSS, and only in attributes. */
export function htmlOf(letter: Letter, branding: Branding): string {
  const paragraph = (text: string): string => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`;
  const facts = (letter.facts ?? []).flatMap(([label, value]) =>
    value === null
      ? []
      : [
          `<tr><td style="padding:2px 16px 2px 0;${QUIET}">${escapeHtml(label)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
        ],
  );
  const action =
    letter.action === undefined
      ? ''
      : `<p style="margin:0 0 16px"><a href="${escapeHtml(letter.action.link)}" style="display:inline-block;padding:10px 18px;border-radius:8px;background:${branding.accent};color:${inkOn(branding.accent)};text-decoration:none">${escapeHtml(letter.action.label)}</a></p>` +
        `<p style="margin:0 0 16px;font-size:13px;${QUIET};word-break:break-all">${escapeHtml(letter.action.link)}</p>`;
  const table =
    facts.length === 0
      ? ''
      : `<table role="presentation" style="margin:0 0 16px;border-collapse:collapse;font-size:14px">${facts.join('')}</table>`;
  const link = letter.otherwise?.link;
  const otherwise =
    letter.otherwise === undefined
      ? ''
      : `<p style="margin:0 0 16px;${QUIET}">${escapeHtml(letter.otherwise.says)}${link === undefined ? '' : ` <a href="${escapeHtml(link)}" style="color:inherit">${escapeHtml(link)}</a>`}</p>`;
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escapeHtml(letter.subject)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,\'Segoe UI\',Roboto,Arial,sans-serif">',
    `<div style="max-width:560px;margin:0 auto">`,
    `<p style="margin:0 0 24px;font-weight:650">${escapeHtml(oneLine(branding.name))}</p>`,
    ...letter.says.map((text) => paragraph(text)),
    action,
    table,
    otherwise,
    '</div></body></html>',
  ].join('');
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign] ?? '');

/** Black or white, whichever is easier to read on a colour (WCAG 2.2 relative luminance). */
function inkOn(colour: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000000' : '#ffffff';
}
