/** The permissions, and the routes of the API that require them. */

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
