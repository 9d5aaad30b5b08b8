"""Pages as they come: files, crawls and archives read record by record and converted to the columns of the `documents` table."""
