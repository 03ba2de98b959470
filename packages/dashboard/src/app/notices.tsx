/** The corner where short notices appear; loaded after the page, since there are none before the user has done something. */
import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';

export default function Notices() {
  return <Notifications position="bottom-right" limit={4} />;
}
