/**
 * Every event that may occur in the log, and every reason of a refusal, in plain words. In a sentence `{who}` is the one who did
 * it, `{user}` and `{credential}` are what it is about, and any other name is one of the event's details.
 */

export const GROUPS = [
  'Rejections',
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
  /** If the user that it is about did it: themself, or by a link or a sign-in of theirs. */
  readonly own: string;
}

const event = (group: Group, name: string, says: string, own: string = says): EventWords => ({ group, name, says, own });

export const EVENTS: Readonly<Record<string, EventWords>> = {
  'request.refused': event('Rejections', 'A request was rejected', '{who} was rejected: {reason}'),
  'request.refusals_counted': event(
    'Rejections',
    'Rejections of strangers, counted',
    '{counted} {count} × within a minute: {why}',
  ),
  'user.sign_in_failed': event('Rejections', 'A sign-in failed', 'A sign-in as {user} failed: {reason}'),

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
    'Password stored again',
    'The password of {user} was stored again, with the current hash strength',
  ),
  'user.password_reset_asked': event(
    'Signing in',
    'Asked for a password link',
    'Someone asked for a link to reset the password of {user}',
  ),
  'user.passkey_added': event('Signing in', 'Passkey added', '{who} added a passkey'),
  'user.passkey_renamed': event('Signing in', 'Passkey renamed', '{who} renamed a passkey'),
  'user.passkey_removed': event('Signing in', 'Passkey removed', '{who} removed a passkey'),
  'user.totp_on': event('Signing in', 'Authenticator app turned on', '{who} turned on an authenticator app'),
  'user.totp_off': event('Signing in', 'Authenticator app turned off', '{who} turned off the authenticator app'),
  'user.two_step_on': event('Signing in', 'Two-step verification turned on', '{who} turned on two-step verification'),
  'user.two_step_off': event('Signing in', 'Two-step verification turned off', '{who} turned off two-step verification'),
  'user.recovery_codes_made': event('Signing in', 'Recovery codes created', '{who} created new recovery codes'),
  'user.second_factor_reset': event(
    'Signing in',
    'Second factor reset',
    '{who} removed the passkeys and the second factor of {user}',
  ),
  'user.identity_linked': event('Signing in', 'Provider linked', '{who} linked the provider {provider}'),
  'user.identity_unlinked': event('Signing in', 'Provider unlinked', '{who} unlinked the provider {provider}'),

  'user.created': event('People', 'User created', '{who} created the user {user}', '{user} registered'),
  'user.renamed': event('People', 'Name changed', '{who} changed their name'),
  'user.email_verification_sent': event(
    'People',
    'Email to be verified',
    'A link to verify the email address was sent to {user}',
  ),
  'user.email_verified': event(
    'People',
    'Email verified',
    '{who} verified the email address of {user}',
    '{user} verified the email address',
  ),
  'user.email_change_asked': event('People', 'Email change requested', '{who} requested a change of the email address'),
  'user.email_changed': event(
    'People',
    'Email changed',
    '{who} changed the email address of {user}',
    '{user} changed the email address',
  ),
  'user.disabled': event('People', 'User disabled', '{who} disabled {user}'),
  'user.enabled': event('People', 'User enabled', '{who} enabled {user} again'),
  'user.administrator_set': event('People', 'Administrator changed', '{who} changed whether {user} is an administrator'),
  'user.deleted': event('People', 'User deleted', '{who} deleted the user {user}', '{user} deleted their account'),
  'user.erased': event('People', 'Personal data erased', '{who} erased the personal data of {user}'),

  'account.created': event('Teams', 'Team created', '{who} created the team {name}'),
  'account.renamed': event('Teams', 'Team renamed', '{who} renamed the team to {name}'),
  'account.transferred': event('Teams', 'Ownership transferred', '{who} made {user} the owner'),
  'account.suspended': event('Teams', 'Account suspended', '{who} suspended the account'),
  'account.resumed': event('Teams', 'Account resumed', '{who} resumed the account'),
  'account.deleted': event('Teams', 'Team deleted', '{who} deleted the team; {keys} keys ended with it'),
  'member.role_changed': event('Teams', 'Role changed', '{who} changed the role of {user} from {before} to {role}'),
  'member.removed': event('Teams', 'Member removed', '{who} removed {user}'),
  'member.left': event('Teams', 'Member left', '{who} left the team'),
  'invitation.sent': event('Teams', 'Invitation sent', '{who} invited someone as {role}'),
  'invitation.sent_again': event('Teams', 'Invitation sent again', '{who} sent an invitation again'),
  'invitation.taken_back': event('Teams', 'Invitation revoked', '{who} revoked an invitation'),
  'invitation.accepted': event('Teams', 'Invitation accepted', '{user} accepted an invitation'),

  'token.created': event(
    'Tokens',
    'Token created',
    '{who} created the token {credential}',
    '{user} created the token {credential}',
  ),
  'token.renamed': event('Tokens', 'Token renamed', '{who} renamed the token {credential}'),
  'token.narrowed': event('Tokens', 'Token reduced', '{who} reduced the permissions or addresses of the token {credential}'),
  'token.narrowing_undone': event(
    'Tokens',
    'Reduction of a token undone',
    '{who} restored what had been removed from the token {credential}',
  ),
  'token.rotated': event('Tokens', 'Token rotated', '{who} rotated the token {credential}'),
  'token.overlap_ended': event('Tokens', 'Old secret of a token ended', '{who} ended the old secret of the token {credential}'),
  'token.overlap_extended': event(
    'Tokens',
    'Old secret of a token extended',
    '{who} extended the old secret of the token {credential}',
  ),
  'token.revoked': event('Tokens', 'Token revoked', '{who} revoked the token {credential}'),

  'key.created': event('API keys', 'Key created', '{who} created the key {credential}'),
  'key.renamed': event('API keys', 'Key renamed', '{who} renamed the key {credential}'),
  'key.narrowed': event('API keys', 'Key reduced', '{who} reduced the permissions or addresses of the key {credential}'),
  'key.narrowing_undone': event(
    'API keys',
    'Reduction of a key undone',
    '{who} restored what had been removed from the key {credential}',
  ),
  'key.rotated': event('API keys', 'Key rotated', '{who} rotated the key {credential}'),
  'key.overlap_ended': event('API keys', 'Old secret of a key ended', '{who} ended the old secret of the key {credential}'),
  'key.overlap_extended': event(
    'API keys',
    'Old secret of a key extended',
    '{who} extended the old secret of the key {credential}',
  ),
  'key.revoked': event('API keys', 'Key revoked', '{who} revoked the key {credential}'),

  'jwt.minted': event('JWTs', 'JWT minted', '{who} minted a JWT'),
  'jwt.revoked': event('JWTs', 'JWT revoked', '{who} revoked a JWT of the key {credential}'),
  'jwt.all_revoked': event('JWTs', 'All JWTs of a key revoked', '{who} revoked every JWT of the key {credential}'),
  'signing_key.created': event('JWTs', 'Signing key created', '{who} created a signing key'),
  'signing_key.rotated': event('JWTs', 'Signing keys rotated', '{who} rotated the signing keys'),
  'signing_key.scheduled': event('JWTs', 'Rotation scheduled', '{who} set the signing keys to rotate every {days} days'),

  'application.created': event('Applications', 'Application registered', '{who} registered the application {application}'),
  'application.updated': event('Applications', 'Application changed', '{who} changed the application {application}'),
  'application.secret_rotated': event(
    'Applications',
    'New client secret',
    '{who} created a new secret for the application {application}',
  ),
  'application.secret_overlap_ended': event(
    'Applications',
    'Old client secret ended',
    '{who} ended the old secret of the application {application}',
  ),
  'application.verified': event('Applications', 'Application verified', '{who} verified the application {application}'),
  'application.unverified': event(
    'Applications',
    'Verification removed',
    '{who} removed the verification of the application {application}',
  ),
  'application.first_party_set': event(
    'Applications',
    'First-party set',
    '{who} changed whether the application {application} is first-party',
  ),
  'application.badges_lost': event(
    'Applications',
    'Badges lost',
    'Because of a change, the application {application} is no longer {badges}, until the operator reviews it again',
  ),
  'application.deleted': event('Applications', 'Application deleted', '{who} deleted the application {application}'),
  'grant.made': event('Applications', 'Access granted', '{who} granted the application {application} access'),
  'grant.widened': event('Applications', 'Access widened', '{who} granted the application {application} more access'),
  'grant.ended': event('Applications', 'Application disconnected', '{who} disconnected an application'),
  'code.reused': event(
    'Applications',
    'Code used twice',
    'A code of the application {application} was used a second time; the session opened with it was ended',
  ),
  'session.opened': event('Applications', 'Session opened', '{user} signed in to the application {application}'),
  'session.late': event(
    'Applications',
    'Refresh token came late',
    'The application {application} used a refresh token of {user} late, and it was still accepted',
  ),
  'session.ahead': event(
    'Applications',
    'Refresh token ahead of the record',
    'A refresh token of {user} was newer than the record, as after a restored backup; the application {application} was accepted',
  ),
  'session.reused': event(
    'Applications',
    'Refresh token used again',
    'An old refresh token of {user} was used again; the session with the application {application} was ended',
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
  'backup.made': event('Server', 'Backup created', '{who} created a backup'),
  'limits.cleared': event('Server', 'Sign-in unlocked', '{who} unlocked the sign-in of {user}'),
  'mail.read': event('Server', 'Someone’s email read', '{who} read an email of this server'),
  'mail.dropped': event(
    'Server',
    'Email not sent',
    'An email was not sent, because the limit of emails to its recipient was reached',
  ),
  'mail.tested': event('Server', 'Test email sent', '{who} sent a test email'),
  'user.reminded': event('People', 'Reminder sent', 'A reminder about {credential} went to {user}'),
  'brand.set': event('Server', 'Branding changed', '{who} changed the branding'),
};

export interface ReasonWords {
  /** Ends a sentence that began with "… was rejected:". */
  readonly short: string;
  /** What it means, and what to do. */
  readonly help: string;
}

const reason = (short: string, help: string): ReasonWords => ({ short, help });

/** Why a session of an application ended. */
export const ENDS: Readonly<Record<string, string>> = {
  'signed-out': 'The application signed out',
  revoked: 'The owner of the application ended it, or its grant no longer exists',
  'grant-ended': 'The user disconnected the application',
  'application-deleted': 'The application was deleted',
  'user-ended': 'The user ended it',
  'password-changed': 'The password was changed',
  'left-account': 'The user left the team',
  'account-deleted': 'The account was deleted',
  reused: 'An old refresh token was used again',
  'code-reused': 'A code was used a second time',
  idle: 'It was inactive for longer than the application allows',
  'too-old': 'It reached the longest lifetime that the application allows',
  'too-many': 'The user opened too many other sessions with the application',
};

/** Of requests with a credential, of the dashboard, and of signing in. */
export const REASONS: Readonly<Record<string, ReasonWords>> = {
  malformed: reason(
    'it is malformed',
    'The text that was sent is not a credential of this server: it was cut off, changed, or is for something else. Copy it again.',
  ),
  unknown: reason(
    'it is unknown',
    'This credential does not exist here. Check that it was created on this server, and copied completely.',
  ),
  revoked: reason('it was revoked', 'It was revoked, and that can’t be undone. Create another one.'),
  expired: reason('it has expired', 'Its expiry has passed. Create another one that expires later, or never.'),
  unused: reason(
    'it was not used for too long',
    'Tokens that were created by a sign-in expire after 90 days without use. Sign in again.',
  ),
  superseded: reason(
    'it is an old secret, from before a rotation',
    'The overlap of the rotation has ended. Use the new secret wherever the old one is still used.',
  ),
  owner_disabled: reason('its owner is disabled', 'The user or team that it belongs to was disabled or deleted by the operator.'),
  account_suspended: reason(
    'its account is suspended',
    'The operator suspended the account that it belongs to. It works again once the account is resumed.',
  ),
  address_not_allowed: reason(
    'it may not be used from this address',
    'It works only from its allowed addresses. Use it from there, or create one that allows this address.',
  ),
  signature: reason('its signature is wrong', 'The JWT was changed, or was not signed by this server.'),
  unknown_key: reason(
    'its signing key is not known',
    'The JWT was signed by another server, or with a signing key that was withdrawn. Mint another one.',
  ),
  type: reason('it is another type of JWT', 'Only access tokens (at+jwt) are accepted.'),
  issuer: reason(
    'it is from another issuer',
    'The JWT was created for a different public address of the server than the one in its settings.',
  ),
  audience: reason('it is for another audience', 'The JWT is meant for another service.'),
  not_yet_valid: reason('it is not valid yet', 'The JWT becomes valid later. Compare the clocks of the servers.'),
  claims: reason('its claims cannot be read', 'The JWT was signed here, but lacks claims that an access token must have.'),
  forbidden: reason(
    'it lacks a permission',
    'The credential is valid, but doesn’t have the permission that the request requires. Create one that does.',
  ),
  missing: reason('no credential was sent', 'Send the header Authorization with the word Bearer and the credential.'),
  two_credentials: reason('two credentials were sent', 'Send one Authorization header. A proxy in between may add a second one.'),
  plain_http: reason('it came over plain HTTP', 'Use HTTPS. A proxy in front of the server must be one of its trusted proxies.'),
  scheme: reason(
    'the header cannot be read',
    'The Authorization header must have the word Bearer, one space and the credential.',
  ),
  client: reason('the application did not authenticate', 'Its client secret or assertion is not valid.'),
  inactive: reason(
    'Keyhouse did not accept it',
    'A guard asked, and the credential was not valid: revoked, expired, or never created here.',
  ),
  environment: reason('it is for another environment', 'This API accepts credentials of one environment only, live or test.'),
  stale: reason(
    'the guard was behind',
    'The guard had received no revocations for longer than this route allows. Check its lag.',
  ),
  issuer_away: reason(
    'the guard could not ask',
    'The guard had to ask Keyhouse, and got no answer. Check the connection between them.',
  ),
  role: reason('their role does not allow it', 'This requires a higher role in the team. An admin or an owner can assign it.'),
  'unknown-user': reason('no user has this address', 'No user has the email address that was entered.'),
  'wrong-password': reason(
    'the password was wrong',
    'If it was not the user: the password stays secret, and attempts are limited.',
  ),
  'wrong-code': reason(
    'the code was wrong',
    'The password was correct, but the code of the second step was not. If this was not you, change the password.',
  ),
  'too-many-tries': reason(
    'there were too many attempts',
    'Further attempts are rejected for some minutes. An administrator can unlock the sign-in immediately.',
  ),
  'changed-meanwhile': reason(
    'something changed in that moment',
    'The password or second factor was changed while they signed in. Try again.',
  ),
  disabled: reason('the user is disabled', 'An administrator disabled this user.'),
};
