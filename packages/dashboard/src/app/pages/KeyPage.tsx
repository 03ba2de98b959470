/** An API key, and the JWTs that were minted from it: parts of two rooms, which do not know each other. */
import { KeyPage as Key } from '../../credentials/pages.tsx';
import { JwtsTab } from '../../jwts/JwtsTab.tsx';

export const KeyPage = () => (
  <Key jwts={({ account, canManage }, id) => <JwtsTab keyRef={{ account, id }} canManage={canManage} />} />
);
