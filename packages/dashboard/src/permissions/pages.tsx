/** What can be allowed, and what the routes of the API take. */

import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { CataloguePage } from './CataloguePage.tsx';
import { RoutesPage } from './RoutesPage.tsx';

export const OperatorCataloguePage = () => (
  <AdministratorsOnly>
    <CataloguePage />
  </AdministratorsOnly>
);

export const OperatorRoutesPage = () => (
  <AdministratorsOnly>
    <RoutesPage />
  </AdministratorsOnly>
);
