/**
 * A letter is what a mail says, before it is text or HTML: both are made of it, so that they cannot say different things. Facts come from
 * strangers (names of tokens, of teams, of browsers); here they lose what could break a line, hide or turn around text.
 */

export interface Letter {
  readonly subject: string;
  /** Each a paragraph. */
  readonly says: readonly string[];
  readonly action?: { readonly label: string; readonly link: string };
  /** Where, when, what with. */
  readonly facts?: readonly (readonly [label: string, value: string | null])[];
  /** What to do if it was not you. */
  readonly otherwise?: string;
}

export interface Look {
  readonly name: string;
  /** `#rrggbb` */
  readonly accent: string;
}

const MAX_FACT = 120;

/** One line, nothing invisible, nothing that turns the reading direction around (Unicode TR36 §2.6), no address that a reader's program links. */
export function plain(text: string): string {
  const line = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/:\/\//g, ': //')
    .trim();
  return line.length > MAX_FACT ? `${line.slice(0, MAX_FACT - 1)}…` : line;
}

export function textOf(letter: Letter, look: Look): string {
  const facts = (letter.facts ?? []).flatMap(([label, value]) => (value === null ? [] : [`${label}: ${value}`]));
  const blocks = [
    ...letter.says,
    ...(letter.action === undefined ? [] : [`${letter.action.label}:\n${letter.action.link}`]),
    ...(facts.length === 0 ? [] : [facts.join('\n')]),
    ...(letter.otherwise === undefined ? [] : [letter.otherwise]),
    `-- \n${plain(look.name)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** Mail programs know little CSS, and that in attributes only. */
export function htmlOf(letter: Letter, look: Look): string {
  const paragraph = (text: string, style = ''): string => `<p style="margin:0 0 16px;${style}">${escape(text)}</p>`;
  const facts = (letter.facts ?? []).flatMap(([label, value]) =>
    value === null
      ? []
      : [
          `<tr><td style="padding:2px 16px 2px 0;color:#59625f">${escape(label)}</td><td style="padding:2px 0">${escape(value)}</td></tr>`,
        ],
  );
  const action =
    letter.action === undefined
      ? ''
      : `<p style="margin:0 0 16px"><a href="${escape(letter.action.link)}" style="display:inline-block;padding:10px 18px;border-radius:8px;background:${look.accent};color:${inkOn(look.accent)};text-decoration:none">${escape(letter.action.label)}</a></p>` +
        `<p style="margin:0 0 16px;font-size:13px;color:#59625f;word-break:break-all">${escape(letter.action.link)}</p>`;
  const table =
    facts.length === 0
      ? ''
      : `<table role="presentation" style="margin:0 0 16px;border-collapse:collapse;font-size:14px">${facts.join('')}</table>`;
  const otherwise = letter.otherwise === undefined ? '' : paragraph(letter.otherwise, 'color:#59625f');
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${escape(letter.subject)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,\'Segoe UI\',Roboto,Arial,sans-serif">',
    `<div style="max-width:560px;margin:0 auto">`,
    `<p style="margin:0 0 24px;font-weight:650">${escape(plain(look.name))}</p>`,
    ...letter.says.map((text) => paragraph(text)),
    action,
    table,
    otherwise,
    '</div></body></html>',
  ].join('');
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign] ?? '');

/** Black or white, whichever is read better on a colour (WCAG 2.2 relative luminance). */
function inkOn(colour: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000000' : '#ffffff';
}
