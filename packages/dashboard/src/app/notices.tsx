/** The corner where short notices appear; loaded beside the page, since nothing is said before something was done. */
import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';

export default function Notices() {
  return <Notifications position="bottom-right" limit={4} />;
}
