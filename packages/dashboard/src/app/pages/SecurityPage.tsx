/** How the user signs in, and the sessions that applications have: parts of two rooms, which do not know each other. */
import { SecurityPage as Security } from '../../accounts/security/SecurityPage.tsx';
import { Sessions } from '../../sessions/Sessions.tsx';

export const SecurityPage = () => <Security sessions={<Sessions />} />;
