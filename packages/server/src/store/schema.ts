/**
 * The tables as Kysely sees them, the same on SQLite and PostgreSQL: integers (times are milliseconds, the unit in the name),
 * text (JSON included) and bytes (hashes). `docs/storage.md` says for each what a row is, what is hashed and when it is deleted.
 */
import type { Generated } from 'kysely';

export interface Database {
  settings: SettingsTable;
  counters: CountersTable;
  users: UsersTable;
  accounts: AccountsTable;
  known_addresses: KnownAddressesTable;
  known_browsers: KnownBrowsersTable;
  sign_ins: SignInsTable;
  tickets: TicketsTable;
  passkeys: PasskeysTable;
  totp_secrets: TotpSecretsTable;
  recovery_codes: RecoveryCodesTable;
  identities: IdentitiesTable;
  members: MembersTable;
  invitations: InvitationsTable;
  mails: MailsTable;
  mail_limits: MailLimitsTable;
  reminders: RemindersTable;
  permission_use: PermissionUseTable;
  permission_last_use: PermissionLastUseTable;
  credentials: CredentialsTable;
  credential_use: CredentialUseTable;
  account_use: AccountUseTable;
  narrowings: NarrowingsTable;
  jwts: JwtsTable;
  jwt_counts: JwtCountsTable;
  signing_keys: SigningKeysTable;
  permissions: PermissionsTable;
  routes: RoutesTable;
  changes: ChangesTable;
  audit_events: AuditEventsTable;
  leases: LeasesTable;
  applications: ApplicationsTable;
  grants: GrantsTable;
  authorization_codes: AuthorizationCodesTable;
  refresh_keys: RefreshKeysTable;
  sessions: SessionsTable;
  imports: ImportsTable;
  imported_users: ImportedUsersTable;
}

interface SettingsTable {
  name:
    | 'epoch'
    | 'sweep_horizon_ms'
    | 'database_identity'
    | 'master_secret_check'
    | 'audit_head_hash'
    | 'permissions_observed_since_ms'
    | 'brand'
    | 'brand_logo'
    | 'verified_email_first'
    | 'signing_key_rotation_days'
    | 'longest_jwt_days';
  value: string;
}

interface CountersTable {
  name: 'changes' | 'audit';
  value: number;
}

interface UsersTable {
  id: Generated<number>;
  email: string;
  email_key: string;
  password_hash: string;
  display_name: string;
  first_name: string;
  last_name: string;
  is_administrator: number;
  disabled_at_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
  email_verified_at_ms: number | null;
  password_changed_at_ms: number | null;
  /** NULL: two-step verification is off. */
  two_step_since_ms: number | null;
  deleted_at_ms: number | null;
}

interface AccountsTable {
  id: Generated<number>;
  kind: 'operator' | 'personal' | 'team';
  name: string;
  user_id: number | null;
  created_at_ms: number;
  deleted_at_ms: number | null;
  /** By the operator; `suspended_by` is who did it, as the log writes it. */
  suspended_at_ms: number | null;
  suspended_by: string | null;
  /** What members read. */
  suspension_reason: string | null;
  /** A team whose last enabled owner was disabled is suspended until an owner is enabled. */
  ownerless_since_ms: number | null;
}

interface KnownAddressesTable {
  user_id: number;
  address_hash: string;
  last_signed_in_at_ms: number;
}

interface KnownBrowsersTable {
  user_id: number;
  browser_hash: Uint8Array;
  last_signed_in_at_ms: number;
}

interface SignInsTable {
  id: Generated<number>;
  user_id: number;
  hash: Uint8Array;
  created_at_ms: number;
  last_seen_at_ms: number;
  proved_at_ms: number;
  /** JSON: how the user proved who they are, such as `["password","totp"]`. */
  methods: string;
  address: string | null;
  user_agent: string | null;
  ended_at_ms: number | null;
}

interface TicketsTable {
  hash: Uint8Array;
  purpose: string;
  user_id: number | null;
  /** JSON, as the purpose needs it. */
  data: string;
  created_at_ms: number;
  ends_at_ms: number;
}

interface PasskeysTable {
  /** The credential id that the authenticator chose, base64url. */
  id: string;
  user_id: number;
  name: string;
  public_key: Uint8Array;
  counter: number;
  transports: string;
  synced: number;
  created_at_ms: number;
  last_used_at_ms: number | null;
}

interface TotpSecretsTable {
  user_id: number;
  sealed_secret: string;
  created_at_ms: number;
  confirmed_at_ms: number | null;
  /** The newest time step that was used: none is accepted twice (RFC 6238 §5.2). */
  last_step: number;
}

interface RecoveryCodesTable {
  user_id: number;
  hash: Uint8Array;
}

interface IdentitiesTable {
  provider: string;
  subject: string;
  user_id: number;
  email: string | null;
  linked_at_ms: number;
}

interface MembersTable {
  account_id: number;
  user_id: number;
  role: 'viewer' | 'developer' | 'admin' | 'owner';
  since_ms: number;
}

interface InvitationsTable {
  id: Generated<number>;
  account_id: number | null;
  email: string;
  email_key: string;
  role: 'viewer' | 'developer' | 'admin' | 'owner';
  invited_by: number | null;
  ticket_hash: Uint8Array;
  created_at_ms: number;
  /** The newest mail, and how many there were. */
  sent_at_ms: number;
  sendings: number;
  expires_at_ms: number;
  ended_at_ms: number | null;
}

interface MailsTable {
  id: Generated<number>;
  kind: string;
  recipient: string;
  user_id: number | null;
  subject: string;
  sealed_body: string | null;
  created_at_ms: number;
  next_try_at_ms: number | null;
  tries: number;
  sent_at_ms: number | null;
  error: string | null;
}

interface MailLimitsTable {
  /** A keyed hash of the address without its subaddress. */
  mailbox: Uint8Array;
  kind: string;
  mails: number;
  ends_at_ms: number;
}

interface RemindersTable {
  credential_id: number;
  kind: string;
  about_ms: number;
  reminded_at_ms: number;
}

interface PermissionUseTable {
  credential_id: number;
  permission: string;
  /** Days since 1970, UTC. */
  day: number;
  requests: number;
  last_used_at_ms: number;
}

interface PermissionLastUseTable {
  credential_id: number;
  permission: string;
  /** Days since 1970, UTC. */
  day: number;
}

interface CredentialsTable {
  id: Generated<number>;
  kind: 'token' | 'key';
  environment: 'live' | 'test';
  account_id: number;
  user_id: number | null;
  name: string;
  source: 'login' | 'register' | 'dashboard' | 'command-line';
  permissions: string | null;
  addresses: string | null;
  hash: Uint8Array;
  previous_hash: Uint8Array | null;
  previous_ends_at_ms: number | null;
  created_at_ms: number;
  rotated_at_ms: number | null;
  expires_at_ms: number | null;
  revoked_at_ms: number | null;
  /** Who created it, as the log writes it: `user:7`, `operator`. */
  created_by: string | null;
  /** Null: it holds the permissions that it was created with. */
  permissions_changed_at_ms: number | null;
}

/** What the newest narrowing of a credential took away, while it can be undone. */
interface NarrowingsTable {
  credential_id: number;
  permissions: string | null;
  addresses: string | null;
  narrowed_at_ms: number;
  ends_at_ms: number;
}

interface CredentialUseTable {
  credential_id: number;
  /** Days since 1970, UTC. */
  day: number;
  requests: number;
  last_used_at_ms: number;
  last_address: string | null;
  last_user_agent: string | null;
  previous_requests: number;
  previous_last_used_at_ms: number | null;
  previous_last_address: string | null;
  previous_last_user_agent: string | null;
}

interface AccountUseTable {
  account_id: number;
  /** Days since 1970, UTC. */
  day: number;
  requests: number;
  last_used_at_ms: number;
  last_credential_id: number;
}

interface JwtsTable {
  jti: string;
  key_id: number;
  account_id: number;
  subject: string | null;
  permissions: string;
  signing_key_id: string;
  issued_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
}

interface JwtCountsTable {
  key_id: number;
  /** Never less than the active JWTs of the key; counted again when it reaches the limit. */
  upper_bound: number;
  /**
   * Every JWT of the key issued at or before this moment was revoked at once; none that this would revoke may be recorded any
   * more.
   */
  revoked_before_ms: Generated<number>;
}

interface SigningKeysTable {
  kid: string;
  algorithm: 'ES256' | 'RS256';
  public_jwk: string;
  sealed_private_key: string;
  state: 'next' | 'current' | 'retired';
  created_at_ms: number;
  signing_since_ms: number | null;
  retired_at_ms: number | null;
  last_jwt_ends_at_ms: number | null;
}

interface PermissionsTable {
  name: string;
  sentence: string;
  grantable: Generated<number>;
  sensitive: Generated<number>;
}

interface RoutesTable {
  position: number;
  pattern: string;
  resource: string | null;
  methods: string | null;
  permission: string | null;
}

interface ChangesTable {
  number: number;
  kind: string;
  subject_id: string;
  before_ms: number | null;
  ends_at_ms: number | null;
  at_ms: number;
}

interface AuditEventsTable {
  id: Generated<number>;
  event: string;
  at_ms: number;
  actor: string;
  account_id: number | null;
  user_id: number | null;
  credential_id: number | null;
  request_id: string | null;
  reason: string | null;
  details: string;
  person_hash: string | null;
  number: number | null;
  hash: string | null;
  /** Both are null when the event has no personal data, or when they were erased. */
  person_salt: string | null;
  person_data: string | null;
}

interface LeasesTable {
  job: string;
  holder: string;
  until_ms: number;
}

interface ApplicationsTable {
  id: Generated<number>;
  client_id: string;
  account_id: number;
  name: string;
  home_page: string | null;
  /** JSON: `{"type":"image/png","base64":"…"}`. */
  logo: string | null;
  kind: 'public' | 'confidential';
  /** Lists are JSON. */
  redirect_uris: string;
  post_logout_redirect_uris: string;
  schemes_without_dot: Generated<number>;
  id_token_algorithm: Generated<'ES256' | 'RS256'>;
  permissions: string | null;
  optional_permissions: string;
  own_permissions: string;
  idle_seconds: number | null;
  absolute_seconds: number | null;
  /** JSON: a JWK Set (RFC 7517) of public keys. */
  jwks: string | null;
  is_first_party: number;
  verified_at_ms: number | null;
  /** JSON: `LostBadges`. */
  lost_badges: string | null;
  secret_hash: Uint8Array | null;
  secret_made_at_ms: number | null;
  previous_secret_hash: Uint8Array | null;
  previous_secret_ends_at_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
  deleted_at_ms: number | null;
  /** JWTs of its sessions, and its own, issued at or before this moment were revoked: it was narrowed. */
  jwts_after_ms: Generated<number>;
  created_by: string | null;
}

export interface GrantsTable {
  id: Generated<number>;
  user_id: number;
  application_id: number;
  account_id: number;
  permissions: string;
  declined: string;
  scopes: string;
  created_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
  sign_in_id: number | null;
}

interface AuthorizationCodesTable {
  hash: Uint8Array;
  grant_id: number;
  data: string;
  created_at_ms: number;
  ends_at_ms: number;
  session_id: string | null;
}

interface RefreshKeysTable {
  id: Generated<number>;
  sealed_key: string;
  created_at_ms: number;
}

export interface SessionsTable {
  id: string;
  grant_id: number;
  application_id: number;
  user_id: number;
  account_id: number;
  permissions: string;
  scopes: string;
  signed_in_at_ms: number;
  refresh_key_id: number;
  salt: Uint8Array;
  counter: number;
  moved_at_ms: number;
  repeats: number;
  /** JSON: milliseconds. */
  late_at_ms: string;
  created_at_ms: number;
  last_used_at_ms: number;
  last_address: string | null;
  last_user_agent: string | null;
  ended_at_ms: number | null;
  end_reason: string | null;
  /** When one of its JWTs was seen last, unlike a refresh. */
  seen_at_ms: number | null;
  /** Its JWTs issued at or before this moment were revoked: something was taken away from it. */
  jwts_after_ms: Generated<number>;
  sign_in_id: number | null;
}

interface ImportsTable {
  credential_id: number;
  /** Where it came from: `sanctum`, `csv`, `better-auth`, `unkey`, or what the operator called it. */
  origin: string;
  /** Its id there; for a token the part before the bar. */
  foreign_id: string | null;
  /** The hash that it was imported with; after a rotation the credential's own hash differs. */
  hash: Uint8Array;
  /** What may be shown of it. */
  starts_with: string;
  imported_at_ms: number;
}

interface ImportedUsersTable {
  origin: string;
  foreign_id: string;
  user_id: number;
  /** Of the address that the user had there; null once the user is deleted. */
  address_hash: Uint8Array | null;
  imported_at_ms: number;
}
