CREATE TABLE products (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug        text    NOT NULL UNIQUE,
    name        text    NOT NULL,
    category    text    NOT NULL,
    summary     text    NOT NULL,
    description text    NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents > 0),
    stock       integer NOT NULL CHECK (stock >= 0)
);
CREATE INDEX ON products (category, name);

CREATE TABLE orders (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number         text        NOT NULL UNIQUE,
    checkout_key   text        NOT NULL UNIQUE,
    status         text        NOT NULL CHECK (status IN ('placed', 'paid', 'confirmed', 'shipped')),
    name           text        NOT NULL,
    email          text        NOT NULL,
    address        text        NOT NULL,
    goods_cents    integer     NOT NULL DEFAULT 0 CHECK (goods_cents >= 0),
    delivery_cents integer     NOT NULL DEFAULT 0 CHECK (delivery_cents >= 0),
    placed_at      timestamptz NOT NULL DEFAULT now(),
    touched_at     timestamptz NOT NULL DEFAULT now()
);
-- What the worker looks for: few rows, however many orders there are.
CREATE INDEX orders_unfinished ON orders (touched_at) WHERE status <> 'shipped';

CREATE TABLE order_lines (
    order_id   bigint  NOT NULL REFERENCES orders,
    product_id integer NOT NULL REFERENCES products,
    name       text    NOT NULL,
    quantity   integer NOT NULL CHECK (quantity > 0),
    unit_cents integer NOT NULL CHECK (unit_cents > 0),
    PRIMARY KEY (order_id, product_id)
);

-- Each state once per order, with the worker that brought it there.
CREATE TABLE order_events (
    order_id bigint      NOT NULL REFERENCES orders,
    status   text        NOT NULL,
    worker   text,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, status)
);
