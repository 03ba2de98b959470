/** Creating a team, its members, its settings. */
export { MembersPage } from './MembersPage.tsx';
export { NewTeamPage } from './NewTeamPage.tsx';
export { TeamSettingsPage } from './SettingsPage.tsx';
