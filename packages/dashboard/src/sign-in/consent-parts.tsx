/** The parts of the consent page. */
import { memo, useEffect, useState } from 'react';
import { accountName } from '../lib/account-name.ts';
import type { Api } from '../lib/ask.ts';
import type { Brand } from '../lib/state.ts';
import { Card, Notice } from './kit.tsx';
import { words } from './words.ts';

const said = words.consent;

export type ConsentRequest = Api['POST /consent/check']['answer'];
export type Decision = 'allow' | 'deny';
type Account = ConsentRequest['accounts'][number];

/** What it says about itself, and who registered it. */
export function Applicant({ brand, application }: { brand: Brand; application: ConsentRequest['application'] }) {
  const { logo_url: logo, home_page: home, owner, verified, first_party: isOwn } = application;
  return (
    <div className="applicant">
      {logo !== null && <img src={logo} alt="" />}
      <p className="soft">
        {home !== null && (
          <>
            <a className="link" href={home} target="_blank" rel="noreferrer">
              {new URL(home).host}
            </a>
            <br />
          </>
        )}
        {isOwn ? said.own(brand.name) : <Registered by={owner} />}
        {verified && !isOwn && <span className="tag good">{said.verified(brand.name)}</span>}
      </p>
    </div>
  );
}

const Registered = ({ by }: { by: string }) => (
  <>
    {said.registeredBy} <bdi>{by}</bdi>{' '}
  </>
);

interface WantsProps {
  readonly asked: ConsentRequest;
  readonly isTicked: (name: string) => boolean;
  /** The same function while the page is shown. */
  readonly onTurn: (name: string) => void;
}

/** In the catalogue's words; optional ones have a box. */
export function Wants({ asked, isTicked, onTurn }: WantsProps) {
  return (
    <ul className="wants">
      {asked.permissions.map((permission) => (
        <Want key={permission.name} permission={permission} isTicked={isTicked(permission.name)} onTurn={onTurn} />
      ))}
      {asked.profile && <li>{said.profile(asked.user.display_name)}</li>}
      {asked.email && <li>{said.email}</li>}
      {asked.permissions.length === 0 && !asked.profile && !asked.email && <li>{said.onlyWho}</li>}
    </ul>
  );
}

interface WantProps {
  readonly permission: ConsentRequest['permissions'][number];
  readonly isTicked: boolean;
  readonly onTurn: (name: string) => void;
}

/** All of them are in the page, for reading and searching; one is rendered again when it changes itself. */
const Want = memo(function Want({ permission, isTicked, onTurn }: WantProps) {
  const { name, sentence, optional, sensitive } = permission;
  const text = <Permission name={name} sentence={sentence} isSensitive={sensitive} />;
  return (
    <li>
      {optional ? (
        <label>
          <input type="checkbox" checked={isTicked} onChange={() => onTurn(name)} />
          <span>{text}</span>
        </label>
      ) : (
        text
      )}
    </li>
  );
});

function Permission({ name, sentence, isSensitive }: { name: string; sentence: string; isSensitive: boolean }) {
  return (
    <>
      {sentence !== name && `${sentence} `}
      <code>{name}</code> {isSensitive && <span className="tag warn">{said.sensitive}</span>}
    </>
  );
}

interface ChoiceProps {
  readonly accounts: readonly Account[];
  readonly account: Account;
  readonly permissions: ConsentRequest['permissions'];
  readonly onChange: (id: number) => void;
}

export function AccountChoice({ accounts, account, permissions, onChange }: ChoiceProps) {
  const isCapped = account.role === 'viewer' && permissions.some(({ name }) => name.endsWith('.write'));
  return (
    <div className="field">
      <label htmlFor="account">{said.account}</label>
      <select
        id="account"
        value={account.id}
        aria-describedby="account-note"
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      >
        {accounts.map(({ id, name, kind, role }) => (
          <option key={id} value={id}>
            {kind === 'personal' ? said.personal(name) : said.inAccount(accountName({ kind, name }), role)}
          </option>
        ))}
      </select>
      <p className="hint" id="account-note" role="status">
        {isCapped ? said.viewer(accountName(account)) : ''}
      </p>
    </div>
  );
}

const MOMENT_MS = 1500;

/** A web page replaces this one. A program on this computer opens in addition, and nothing tells us. */
export function Leaving({
  brand,
  name,
  decision,
  location,
}: {
  brand: Brand;
  name: string;
  decision: Decision;
  location: string;
}) {
  const [hasWaited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), MOMENT_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Card brand={brand} title={decision === 'allow' ? said.allowed(name) : said.denied(name)}>
      {hasWaited && !/^https?:/.test(location) ? <Notice>{said.close}</Notice> : <p role="status">{said.goingBack(name)}</p>}
    </Card>
  );
}
