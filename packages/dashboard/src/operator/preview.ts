/**
 * A mail has its styles in attributes, since mail programs support nothing else. The policy of this page, which a `srcdoc` frame
 * inherits, allows no such attributes, and is not loosened for a preview: they become rules of one style sheet that has the
 * page's nonce.
 */
export function styledByNonce(html: string): string {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
  // Renamed before anything parses it: a parsed document would report each of them.
  const parsed = new DOMParser().parseFromString(html.replace(/\sstyle="/g, ' data-style="'), 'text/html');
  const rules = [...parsed.querySelectorAll<HTMLElement>('[data-style]')].map((element, index) => {
    const style = element.dataset.style ?? '';
    element.removeAttribute('data-style');
    element.dataset.rule = String(index);
    return `[data-rule="${index}"]{${style.replace(/[<{}]/g, '')}}`;
  });
  const sheet = parsed.createElement('style');
  sheet.setAttribute('nonce', nonce);
  // In a mail program a mail follows the reader's dark theme; here it is on white, in both themes.
  parsed.querySelector('meta[name="color-scheme"]')?.remove();
  sheet.textContent = [':root{color-scheme:only light;background:#fff;color:#000}', ...rules].join('\n');
  parsed.head.append(sheet);
  return `<!doctype html>${parsed.documentElement.outerHTML}`;
}
