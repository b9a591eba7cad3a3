-- What the worker does for an order, each thing once: the key is the order.
CREATE TABLE payments (
    order_id     bigint      PRIMARY KEY REFERENCES orders,
    reference    text        NOT NULL UNIQUE,
    amount_cents integer     NOT NULL CHECK (amount_cents > 0),
    asked        integer     NOT NULL DEFAULT 1,
    taken_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE confirmations (
    order_id bigint      PRIMARY KEY REFERENCES orders,
    email    text        NOT NULL,
    sent_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE parcels (
    order_id  bigint      PRIMARY KEY REFERENCES orders,
    tracking  text        NOT NULL UNIQUE,
    handed_at timestamptz NOT NULL DEFAULT now()
);
