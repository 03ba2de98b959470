/** Other OpenID providers, for signing in and for registering with an invitation. */
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { requireCookie } from './kept-cookie.ts';
import type { useTask } from './kit.tsx';
import { words } from './words.ts';

interface Props {
  readonly providers: State['providers'];
  readonly task: ReturnType<typeof useTask>;
  /** What waits on this page, as a path that leads back to it: another provider leads away, and the page is gone. */
  readonly link?: string | undefined;
}

export function Providers({ providers, task, link }: Props) {
  const enter = (provider: string) =>
    task.run(async () => {
      const body = { purpose: 'log-in' as const, ...(link === undefined ? {} : { link }) };
      const { url } = await ask('POST /providers/:provider/start', { params: { provider }, body });
      await requireCookie('provider');
      window.location.assign(url);
    });
  return providers.map(({ id, name }) => (
    <button key={id} type="button" className="button plain" disabled={task.isBusy} onClick={() => enter(id)}>
      {words.logIn.provider(name)}
    </button>
  ));
}
