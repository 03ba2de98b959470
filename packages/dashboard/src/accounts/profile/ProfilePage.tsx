/** Account settings → Profile. */

import { useMe } from '../../kit/session.ts';
import { Loaded, PageHeader } from '../../kit/states.tsx';
import { DeleteUser } from './DeleteUser.tsx';
import { EmailSection } from './EmailSection.tsx';
import { Names } from './Names.tsx';
import { words } from './words.ts';

export function ProfilePage() {
  const me = useMe();
  return (
    <>
      <PageHeader title={words.title} intro={words.intro} />
      <Loaded query={me}>
        {({ user }) => (
          <>
            <Names key={user.id} user={user} />
            <EmailSection user={user} />
            <DeleteUser email={user.email} />
          </>
        )}
      </Loaded>
    </>
  );
}
