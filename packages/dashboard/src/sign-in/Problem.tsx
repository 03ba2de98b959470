/** What the server shows instead of a page: the address is wrong, or a link of an application is faulty. */
import type { Brand } from '../lib/state.ts';
import { Card } from './kit.tsx';
import { words } from './words.ts';

export interface Said {
  readonly title: string;
  readonly sentence: string;
  readonly detail: string | null;
  readonly leadsHome?: boolean;
}

/** As the server wrote it into the page (http/send-page.ts); null on every other page. */
export function problemOfPage(): Said | null {
  try {
    return JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="problem"]')?.content ?? '') as Said;
  } catch {
    return null;
  }
}

export function Problem({ brand, problem: { title, sentence, detail, leadsHome } }: { brand: Brand; problem: Said }) {
  return (
    <Card brand={brand} title={title}>
      <p>{sentence}</p>
      {detail !== null && (
        <p className="soft">
          <strong>{words.forDevelopers}</strong> {detail}
        </p>
      )}
      {leadsHome && (
        <a className="button" href="/dashboard">
          {words.toDashboard}
        </a>
      )}
    </Card>
  );
}
