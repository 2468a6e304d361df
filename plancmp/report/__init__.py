"""Results to what people see: terminal, pages, documents, sheets. Facts are in the result; these modules only draw."""
