/** What can be allowed, and what the routes of the API take. */
import { CataloguePage } from '../permissions/CataloguePage.tsx';
import { RoutesPage } from '../permissions/RoutesPage.tsx';
import { Operator } from './Operator.tsx';

export const OperatorCataloguePage = () => (
  <Operator>
    <CataloguePage />
  </Operator>
);

export const OperatorRoutesPage = () => (
  <Operator>
    <RoutesPage />
  </Operator>
);
