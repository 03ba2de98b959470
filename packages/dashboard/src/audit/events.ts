/**
 * Every event that may stand in the log, and every reason of a refusal, in plain words. In a sentence `{who}` is the one who did it,
 * `{user}` and `{credential}` are what it is about, and any other name is one of the event's details.
 */

export const GROUPS = [
  'Refusals',
  'Signing in',
  'People',
  'Teams',
  'Tokens',
  'API keys',
  'JWTs',
  'Applications',
  'Permissions',
  'Server',
] as const;
export type Group = (typeof GROUPS)[number];

export interface EventWords {
  readonly group: Group;
  /** As a filter names it. */
  readonly name: string;
  readonly says: string;
  /** When the user that it is about did it: themself, or by a link or a log-in of theirs. */
  readonly own: string;
}

const event = (group: Group, name: string, says: string, own: string = says): EventWords => ({ group, name, says, own });

export const EVENTS: Readonly<Record<string, EventWords>> = {
  'request.refused': event('Refusals', 'A request was refused', '{who} was refused: {reason}'),
  'request.refusals_counted': event('Refusals', 'Refusals of strangers, counted', '{counted} {count} × within a minute: {why}'),
  'user.sign_in_failed': event('Refusals', 'A sign-in failed', 'A sign-in as {user} failed: {reason}'),

  'user.signed_in': event('Signing in', 'Signed in', '{who} signed in', '{user} signed in'),
  'user.signed_out': event(
    'Signing in',
    'Ended a sign-in',
    '{who} ended a sign-in of {user}',
    '{who} ended one of their sign-ins',
  ),
  'user.sign_ins_ended': event(
    'Signing in',
    'Ended other sign-ins',
    '{who} ended the sign-ins of {user}',
    '{who} ended all their other sign-ins',
  ),
  'user.proved_again': event('Signing in', 'Confirmed who they are', '{who} confirmed who they are'),
  'user.recovery_code_used': event('Signing in', 'Used a recovery code', '{who} used a recovery code'),
  'user.password_changed': event(
    'Signing in',
    'Password changed',
    '{who} changed the password of {user}',
    '{user} set a new password',
  ),
  'user.password_rehashed': event(
    'Signing in',
    'Password stored anew',
    'The password of {user} was stored with today’s strength',
  ),
  'user.password_reset_asked': event(
    'Signing in',
    'Asked for a password link',
    'Somebody asked for a link to reset the password of {user}',
  ),
  'user.passkey_added': event('Signing in', 'Passkey added', '{who} added a passkey'),
  'user.passkey_renamed': event('Signing in', 'Passkey renamed', '{who} renamed a passkey'),
  'user.passkey_removed': event('Signing in', 'Passkey removed', '{who} removed a passkey'),
  'user.totp_on': event('Signing in', 'Authenticator app turned on', '{who} turned on an authenticator app'),
  'user.totp_off': event('Signing in', 'Authenticator app turned off', '{who} turned off the authenticator app'),
  'user.two_step_on': event('Signing in', 'Two-step verification turned on', '{who} turned on two-step verification'),
  'user.two_step_off': event('Signing in', 'Two-step verification turned off', '{who} turned off two-step verification'),
  'user.recovery_codes_made': event('Signing in', 'Recovery codes made', '{who} made new recovery codes'),
  'user.second_factor_reset': event(
    'Signing in',
    'Second factor taken away',
    '{who} took passkeys and second factor of {user} away',
  ),
  'user.identity_linked': event('Signing in', 'Provider linked', '{who} linked the provider {provider}'),
  'user.identity_unlinked': event('Signing in', 'Provider unlinked', '{who} unlinked the provider {provider}'),

  'user.created': event('People', 'User made', '{who} made the user {user}', '{user} registered'),
  'user.renamed': event('People', 'Name changed', '{who} changed their name'),
  'user.email_verification_sent': event('People', 'Address to be proved', 'A link to prove the e-mail address went to {user}'),
  'user.email_verified': event('People', 'Address proved', '{who} proved the e-mail address', '{user} proved the e-mail address'),
  'user.email_change_asked': event('People', 'Other address asked for', '{who} asked for another e-mail address'),
  'user.email_changed': event(
    'People',
    'Address changed',
    '{who} changed the e-mail address',
    '{user} changed the e-mail address',
  ),
  'user.disabled': event('People', 'User disabled', '{who} disabled {user}'),
  'user.enabled': event('People', 'User enabled', '{who} enabled {user} again'),
  'user.administrator_set': event('People', 'Administrator flag', '{who} changed whether {user} is an administrator'),
  'user.deleted': event('People', 'User deleted', '{who} deleted the user {user}', '{user} deleted their user'),
  'user.erased': event('People', 'Personal data erased', '{who} erased the personal data of {user}'),

  'account.created': event('Teams', 'Team made', '{who} made the team {name}'),
  'account.renamed': event('Teams', 'Team renamed', '{who} renamed the team to {name}'),
  'account.transferred': event('Teams', 'Ownership passed on', '{who} made {user} the owner'),
  'account.suspended': event('Teams', 'Account suspended', '{who} suspended the account'),
  'account.resumed': event('Teams', 'Account resumed', '{who} resumed the account'),
  'account.deleted': event('Teams', 'Team deleted', '{who} deleted the team; {keys} keys ended with it'),
  'member.role_changed': event('Teams', 'Role changed', '{who} changed the role of {user} from {before} to {role}'),
  'member.removed': event('Teams', 'Member removed', '{who} removed {user}'),
  'member.left': event('Teams', 'Member left', '{who} left the team'),
  'invitation.sent': event('Teams', 'Invitation sent', '{who} invited somebody as {role}'),
  'invitation.sent_again': event('Teams', 'Invitation sent again', '{who} sent an invitation again'),
  'invitation.taken_back': event('Teams', 'Invitation taken back', '{who} took an invitation back'),
  'invitation.accepted': event('Teams', 'Invitation accepted', '{user} accepted an invitation'),

  'token.created': event('Tokens', 'Token made', '{who} made the token {credential}', '{user} made the token {credential}'),
  'token.renamed': event('Tokens', 'Token renamed', '{who} renamed the token {credential}'),
  'token.narrowed': event('Tokens', 'Token narrowed', '{who} narrowed the token {credential}'),
  'token.narrowing_undone': event(
    'Tokens',
    'Narrowing of a token undone',
    '{who} gave back what the token {credential} had before it was narrowed',
  ),
  'token.rotated': event('Tokens', 'Token rotated', '{who} rotated the token {credential}'),
  'token.overlap_ended': event('Tokens', 'Old secret of a token ended', '{who} ended the old secret of the token {credential}'),
  'token.overlap_extended': event(
    'Tokens',
    'Old secret of a token extended',
    '{who} let the old secret of the token {credential} live longer',
  ),
  'token.revoked': event('Tokens', 'Token revoked', '{who} revoked the token {credential}'),

  'key.created': event('API keys', 'Key made', '{who} made the key {credential}'),
  'key.renamed': event('API keys', 'Key renamed', '{who} renamed the key {credential}'),
  'key.narrowed': event('API keys', 'Key narrowed', '{who} narrowed the key {credential}'),
  'key.narrowing_undone': event(
    'API keys',
    'Narrowing of a key undone',
    '{who} gave back what the key {credential} had before it was narrowed',
  ),
  'key.rotated': event('API keys', 'Key rotated', '{who} rotated the key {credential}'),
  'key.overlap_ended': event('API keys', 'Old secret of a key ended', '{who} ended the old secret of the key {credential}'),
  'key.overlap_extended': event(
    'API keys',
    'Old secret of a key extended',
    '{who} let the old secret of the key {credential} live longer',
  ),
  'key.revoked': event('API keys', 'Key revoked', '{who} revoked the key {credential}'),

  'jwt.minted': event('JWTs', 'JWT minted', '{who} minted a JWT'),
  'jwt.revoked': event('JWTs', 'JWT revoked', '{who} revoked a JWT of the key {credential}'),
  'jwt.all_revoked': event('JWTs', 'All JWTs of a key revoked', '{who} revoked every JWT of the key {credential}'),
  'signing_key.created': event('JWTs', 'Signing key made', '{who} made a signing key'),
  'signing_key.rotated': event('JWTs', 'Signing keys rotated', '{who} rotated the signing keys'),
  'signing_key.scheduled': event('JWTs', 'Rotation scheduled', '{who} set the signing keys to rotate every {days} days'),

  'application.created': event('Applications', 'Application registered', '{who} registered the application {application}'),
  'application.updated': event('Applications', 'Application changed', '{who} changed the application {application}'),
  'application.secret_rotated': event(
    'Applications',
    'New client secret',
    '{who} made a new secret for the application {application}',
  ),
  'application.secret_overlap_ended': event(
    'Applications',
    'Old client secret ended',
    '{who} ended the old secret of the application {application}',
  ),
  'application.verified': event('Applications', 'Application verified', '{who} verified the application {application}'),
  'application.unverified': event(
    'Applications',
    'Verification taken away',
    '{who} took the verification of the application {application} away',
  ),
  'application.first_party_set': event(
    'Applications',
    'First-party set',
    '{who} changed whether the application {application} is first-party',
  ),
  'application.badges_lost': event(
    'Applications',
    'Badges lost',
    'By a change the application {application} is no longer {badges}, until the operator looks at it again',
  ),
  'application.deleted': event('Applications', 'Application deleted', '{who} deleted the application {application}'),
  'grant.made': event('Applications', 'Access granted', '{who} granted the application {application} access'),
  'grant.widened': event('Applications', 'Access widened', '{who} granted the application {application} more access'),
  'grant.ended': event('Applications', 'Application disconnected', '{who} disconnected an application'),
  'code.reused': event(
    'Applications',
    'Code used twice',
    'A code of the application {application} came a second time; the session that it had bought has ended',
  ),
  'session.opened': event('Applications', 'Session opened', '{user} signed in to the application {application}'),
  'session.late': event(
    'Applications',
    'Refresh token came late',
    'The application {application} came late with a refresh token of {user}, and was still let through',
  ),
  'session.ahead': event(
    'Applications',
    'Refresh token ahead of the record',
    'A refresh token of {user} was newer than the record, as after a restored backup; the application {application} was let through',
  ),
  'session.reused': event(
    'Applications',
    'Refresh token used again',
    'An old refresh token of {user} came again; the session with the application {application} has ended',
  ),
  'session.ended': event('Applications', 'Session ended', 'A session of {user} with an application has ended'),

  'permission.catalogue_set': event(
    'Permissions',
    'Catalogue replaced',
    '{who} replaced the permission catalogue: {count} permissions',
  ),
  'permission.routes_set': event('Permissions', 'Route patterns replaced', '{who} replaced the route patterns: {count} patterns'),

  'server.started': event('Server', 'Server started', 'A server started'),
  'master_secret.rotated': event('Server', 'Master secret rotated', '{who} rotated the master secret'),
  'backup.made': event('Server', 'Backup made', '{who} made a backup'),
  'limits.cleared': event('Server', 'Limits lifted for a user', '{who} let {user} try to sign in again'),
  'mail.read': event('Server', 'Mail of somebody read', '{who} read an email of this server'),
  'mail.dropped': event('Server', 'Email not sent', 'An email was not sent, by the limits of what a mailbox gets'),
  'mail.tested': event('Server', 'Test mail sent', '{who} sent a test mail'),
  'user.reminded': event('People', 'Reminder sent', 'A reminder about {credential} went to {user}'),
  'brand.set': event('Server', 'Branding changed', '{who} changed the branding'),
};

export interface ReasonWords {
  /** Ends a sentence that began with "… was refused:". */
  readonly short: string;
  /** What it means, and what to do. */
  readonly help: string;
}

const reason = (short: string, help: string): ReasonWords => ({ short, help });

/** Why a session of an application ended. */
export const ENDS: Readonly<Record<string, string>> = {
  'signed-out': 'The application signed out',
  revoked: 'The owner of the application ended it, or what it stood on is gone',
  'grant-ended': 'The user disconnected the application',
  'application-deleted': 'The application was deleted',
  'user-ended': 'The user ended it',
  'password-changed': 'The password was changed',
  'left-account': 'The user left the team',
  'account-deleted': 'The account was deleted',
  reused: 'An old refresh token came again',
  'code-reused': 'A code came a second time',
  idle: 'It was not used for as long as the application allows',
  'too-old': 'It was open for as long as the application allows',
  'too-many': 'The user opened so many others with the application',
};

/** Of requests with a credential, of the dashboard, and of signing in. */
export const REASONS: Readonly<Record<string, ReasonWords>> = {
  malformed: reason(
    'it is not whole',
    'The text that was sent is no credential of this server: cut off, changed, or for something else. Copy it anew.',
  ),
  unknown: reason(
    'nobody knows it',
    'There is no such credential here. Check that it was made on this server, and copied whole.',
  ),
  revoked: reason('it was revoked', 'Somebody revoked it, and that cannot be undone. Make another one.'),
  expired: reason('it has expired', 'Its last day is over. Make another one with a later end, or none.'),
  unused: reason(
    'it was not used for too long',
    'Tokens that came from a log-in end after 90 days without use. Log in once more.',
  ),
  superseded: reason(
    'it is the old secret of one that was rotated',
    'The overlap of the rotation is over. Put the new secret where the old one is still used.',
  ),
  owner_disabled: reason(
    'its owner is disabled',
    'The user, or the team, that it belongs to was disabled or deleted by the operator.',
  ),
  account_suspended: reason(
    'its account is suspended',
    'The operator suspended the account that it belongs to. It works again once the account is resumed.',
  ),
  address_not_allowed: reason(
    'it may not be used from this address',
    'It works from its allowed addresses only. Use it from there, or make one that allows this address.',
  ),
  signature: reason('its signature is wrong', 'The JWT was changed, or was not signed by this server.'),
  unknown_key: reason(
    'its signing key is not known',
    'The JWT was signed by another server, or with a signing key that was withdrawn. Mint another one.',
  ),
  type: reason('it is another type of JWT', 'Only access tokens (at+jwt) are taken.'),
  issuer: reason(
    'it is from another issuer',
    'The JWT was made for another public address of the server than the one in its settings.',
  ),
  audience: reason('it is for another audience', 'The JWT is meant for somebody else.'),
  not_yet_valid: reason('its time has not come', 'The JWT begins later. Compare the clocks of the servers.'),
  claims: reason('its claims cannot be read', 'The JWT was signed here, and does not say what an access token has to say.'),
  forbidden: reason(
    'it lacks a permission',
    'The credential is good, and does not hold the permission that the request asked for. Make one that does.',
  ),
  missing: reason('no credential was sent', 'Send the header Authorization with the word Bearer and the credential.'),
  two_credentials: reason('two credentials were sent', 'Send one Authorization header; a proxy in between may add a second.'),
  plain_http: reason('it came over plain HTTP', 'Use HTTPS. A proxy in front must be among the trusted ones of the server.'),
  scheme: reason('the header cannot be read', 'The header Authorization holds the word Bearer, one space and the credential.'),
  client: reason('the application did not prove itself', 'Its client secret or assertion does not hold.'),
  inactive: reason(
    'Keyhouse did not take it',
    'A guard asked, and the credential was not good: revoked, expired, or never made here.',
  ),
  environment: reason('it is for another environment', 'This API takes credentials of one environment alone, live or test.'),
  stale: reason(
    'the guard was behind',
    'The guard had not heard of revocations for longer than this route allows. Look at its lag.',
  ),
  issuer_away: reason(
    'the guard could not ask',
    'The guard had to ask Keyhouse, and got no answer. Look at the way between them.',
  ),
  role: reason(
    'their role does not allow it',
    'What they tried takes a higher role in the team. An admin or an owner can give it.',
  ),
  'unknown-user': reason('nobody has this address', 'No user has the address that was typed.'),
  'wrong-password': reason('the password was wrong', 'If it was not the user: the password stays secret, and tries are limited.'),
  'wrong-code': reason(
    'the code was wrong',
    'The password was right, the code of the second step was not. If this was not you, change the password.',
  ),
  'too-many-tries': reason(
    'there were too many tries',
    'Further tries are refused for some minutes. An administrator can let the user try again at once.',
  ),
  'changed-meanwhile': reason(
    'something changed in that moment',
    'Password or second factor were changed while they signed in. Another try works.',
  ),
  disabled: reason('the user is disabled', 'An administrator disabled this user.'),
};
