#[traced]
fn price(quantity: u32, coupon: &str) -> Result<u32, PriceError> {
    let discount = lookup(coupon)?;
    Ok(quantity * discount)
}
