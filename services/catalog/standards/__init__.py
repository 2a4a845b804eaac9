"""Standards: the registry of data elements (数据元) that items are bound to and checked against."""
