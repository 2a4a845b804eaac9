"""Former addresses 旧地址: what an old platform answered at leads to where it is answered now."""
