"""
Products and categories, read from the database.
"""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

LOW_STOCK = 3
SEARCH_CHARS_MAX = 60

_COLUMNS = "slug, name, category, summary, description, price_cents, stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """
    One thing on sale; ``stock`` is what is left to be ordered.
    """

    slug: str
    name: str
    category: str
    summary: str
    description: str
    price_cents: int
    stock: int

    @property
    def availability(self) -> str:
        """
        ``sold_out``, ``last``, ``low`` or ``in_stock``.
        """
        if self.stock <= 0:
            return "sold_out"
        if self.stock == 1:
            return "last"
        return "low" if self.stock <= LOW_STOCK else "in_stock"


def find_products(connection: Connection, *, query: str = "", category: str = "") -> list[Product]:
    """
    Find what matches every word of *query* in *category*; empty means all.

    Sorted by category and name.
    """
    words = query[:SEARCH_CHARS_MAX].lower().split()
    sql = f"""
        SELECT {_COLUMNS} FROM products
        WHERE (%(category)s = '' OR category = %(category)s)
          AND lower(name || ' ' || category || ' ' || summary)
              LIKE ALL (%(patterns)s::text[])
        ORDER BY category, name
    """  # noqa: S608 - the columns are a constant of this file
    patterns = [f"%{_literal(word)}%" for word in words] or ["%"]
    with connection.cursor(row_factory=class_row(Product)) as cursor:
        return cursor.execute(sql, {"category": category, "patterns": patterns}).fetchall()


def products_by_slug(connection: Connection, slugs: list[str]) -> list[Product]:
    """
    Read the products named by *slugs*; unknown ones are left out.
    """
    sql = f"SELECT {_COLUMNS} FROM products WHERE slug = ANY(%s) ORDER BY slug"  # noqa: S608 - constant columns
    with connection.cursor(row_factory=class_row(Product)) as cursor:
        return cursor.execute(sql, [slugs]).fetchall()


def find_categories(connection: Connection) -> list[str]:
    """
    List the categories that have products.
    """
    rows = connection.execute("SELECT DISTINCT category FROM products ORDER BY category")
    return [row[0] for row in rows]


def restock(connection: Connection, slug: str, pieces: int) -> bool:
    """
    Add *pieces* to the stock; false when there is no such product.
    """
    sql = "UPDATE products SET stock = stock + %s WHERE slug = %s"
    return connection.execute(sql, [pieces, slug]).rowcount == 1


def _literal(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
