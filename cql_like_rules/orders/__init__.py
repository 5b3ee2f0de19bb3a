"""Orders: a draft MedicationRequest, read once into what rules and cards need to know of it."""

from cql_like_rules.orders.order import Order
from cql_like_rules.orders.parameter import ORDER_TYPE_CQL, order_parameter
from cql_like_rules.orders.reading import read_order
from cql_like_rules.orders.settings import OrderSettings

__all__ = ["ORDER_TYPE_CQL", "Order", "OrderSettings", "order_parameter", "read_order"]
